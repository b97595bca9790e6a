"""The tour's middle: time is logged, approved, and exported to the contract; a task becomes a ticket."""

from .steps import Step

STEPS = (
    Step(
        "Log time on both tasks",
        "3.75 hours wait for approval.",
        """mutation LogTime($move: LogTimeInput!, $print: LogTimeInput!) {
  move: logTime(input: $move) { ...Logged }
  print: logTime(input: $print) { ...Logged }
}

fragment Logged on LogTimeResult {
  __typename
  ... on LogTimePayload { timeEntry { id hours billingAmount approvalStatus exportEligibility { eligible reasons } } }
  ... on ProjectsError { code message hint }
}""",
        variables={
            "move": {
                "projectId": "{project}", "taskId": "{move}", "hours": "2.50", "date": "{today}",
                "description": "Desks to floor 2", "idempotencyKey": "{run}-log-move",
            },
            "print": {
                "projectId": "{project}", "taskId": "{print}", "hours": "1.25", "date": "{today}",
                "description": "New cable, test page", "idempotencyKey": "{run}-log-print",
            },
        },
        learns={"entry": "move.timeEntry.id", "other_entry": "print.timeEntry.id"},
    ),
    Step(
        "Approve it",
        "Both entries are approved.",
        """mutation Approve($input: ApproveTimeEntriesInput!) {
  approveTimeEntries(input: $input) {
    __typename
    ... on ApproveTimeEntriesPayload {
      results { timeEntryId timeEntry { approvalStatus } error { code message } }
    }
    ... on ProjectsError { code message hint }
  }
}""",
        variables={"input": {"timeEntryIds": ["{entry}", "{other_entry}"]}},
        expects={
            "approveTimeEntries.results.0.timeEntry.approvalStatus": "APPROVED",
            "approveTimeEntries.results.1.timeEntry.approvalStatus": "APPROVED",
        },
    ),
    Step(
        "Look at what an export would do",
        "{hours} hours, worth {amount}, would be sent.",
        """query Preview($project: ID!) {
  exportPreview(projectId: $project) {
    __typename
    ... on ExportPreview {
      contractNumber hours amount eligibleCount refusedCount
      warnings { code count }
      lines(first: 10) { nodes { timeEntryId eligible reasons } }
    }
    ... on ProjectsError { code message hint }
  }
}""",
        variables={"project": "{project}"},
        learns={"hours": "exportPreview.hours", "amount": "exportPreview.amount"},
        expects={"exportPreview.eligibleCount": 2},
    ),
    Step(
        "Export it to the contract",
        "It is on its way, as batch {batch}.",
        """mutation Export($input: ExportTimeEntriesInput!) {
  exportTimeEntries(input: $input) {
    __typename
    ... on ExportTimeEntriesPayload {
      batch { id status }
      lines { timeEntryId accepted state code message psaTimeEntryId }
    }
    ... on ProjectsError { code message hint }
  }
}""",
        variables={
            "input": {
                "projectId": "{project}", "timeEntryIds": ["{entry}", "{other_entry}"],
                "idempotencyKey": "{run}-export",
            }
        },
        learns={"batch": "exportTimeEntries.batch.id"},
    ),
    Step(
        "Read the batch until it has succeeded",
        "The PSA has both entries, each once.",
        """query Batch($batch: ID!) {
  exportBatch(id: $batch) {
    status finishedAt
    counts { total confirmed rejected unknown }
    lines(first: 10) { nodes { state psaTimeEntryId externalRef timeEntry { exportStatus lockReasons } } }
  }
}""",
        variables={"batch": "{batch}"},
        expects={"exportBatch.status": "SUCCEEDED", "exportBatch.counts.confirmed": 2},
        waits=True,
    ),
    Step(
        "Escalate a task: the PSA gets a ticket",
        "The ticket was asked for, once.",
        """mutation Escalate($input: EscalateTaskInput!) {
  escalateTask(input: $input) {
    __typename
    ... on EscalateTaskPayload { escalation { id state ticketNumber } }
    ... on ProjectsError { code message hint }
  }
}""",
        variables={
            "input": {
                "taskId": "{move}", "subject": "Desks do not fit the lift", "priority": "HIGH",
                "description": "Two desks are left on floor 1.", "idempotencyKey": "{run}-escalate",
            }
        },
        learns={"escalation": "escalateTask.escalation.id"},
    ),
    Step(
        "Read the escalation until the ticket is there",
        "Ticket {escalated_number} is linked to the task.",
        """query Escalation($task: ID!) {
  task(id: $task) {
    psaTicketNumber
    escalations { state ticketNumber }
    ticketLink { id origin ticketNumber ticketUrl liveStatus { status unavailableReason } }
  }
}""",
        variables={"task": "{move}"},
        learns={"escalated_number": "task.ticketLink.ticketNumber", "escalated_link": "task.ticketLink.id"},
        expects={"task.escalations.0.state": "CREATED", "task.ticketLink.origin": "ESCALATED"},
        waits=True,
    ),
)  # fmt: skip
