"""The tour's end: health for everybody, the PSA's own view, federation, and everything unlinked again."""

from .steps import Step

STEPS = (
    Step(
        "Ask how the projects are doing",
        "{active} projects are active, {at_risk} of them at risk.",
        """query Health($project: ID!) {
  project(id: $project) {
    hoursLogged actualCost budgetUsedPercent
    health { overdue atRisk riskReasons }
  }
  organizationHealth { activeProjects overdueProjects averageProgress overdueMilestones atRiskProjects }
  commandCenter(first: 5) {
    nodes {
      client { id name }
      health { activeProjects atRiskProjects recentActivity(first: 1) { nodes { summary at } } }
    }
  }
}""",
        variables={"project": "{project}"},
        learns={
            "active": "organizationHealth.activeProjects", "at_risk": "organizationHealth.atRiskProjects",
            "somebody": "commandCenter.nodes.0.client.name",
        },
        expects={"project.hoursLogged": "3.75", "project.health.overdue": False},
    ),
    Step(
        "As the PSA: show the project in the client's panel",
        "The panel shows {panel_number} and {panel_hours} hours, and no money.",
        path="/api/integration/project-context/{project}",
        learns={"panel_number": "project.number", "panel_hours": "hours.logged"},
        expects={"hours.logged": 3.75},
        by_key=True,
    ),
    Step(
        "As a federation gateway: extend the PSA's client with its projects",
        "{gateway_client} has {gateway_projects} projects here.",
        """query Entities($representations: [_Any!]!) {
  _entities(representations: $representations) {
    __typename
    ... on Client { id name projects(first: 1) { totalCount } health { activeProjects } }
    ... on Project { id number }
  }
}""",
        variables={
            "representations": [
                {"__typename": "Client", "id": "{client}"}, {"__typename": "Project", "id": "{project}"},
            ]
        },
        learns={"gateway_client": "_entities.0.name", "gateway_projects": "_entities.0.projects.totalCount"},
        expects={"_entities.1.__typename": "Project"},
        by_key=True,
    ),
    Step(
        "Unlink the tickets and the contract",
        "Nothing is linked any more; what was exported stays.",
        """mutation Unlink(
  $ticket: UnlinkTaskFromTicketInput!
  $escalated: UnlinkTaskFromTicketInput!
  $contract: UnlinkProjectFromContractInput!
) {
  ticket: unlinkTaskFromTicket(input: $ticket) { ...Unlinked }
  escalated: unlinkTaskFromTicket(input: $escalated) { ...Unlinked }
  contract: unlinkProjectFromContract(input: $contract) {
    __typename
    ... on UnlinkProjectFromContractPayload { project { contractLink { id } } }
    ... on ProjectsError { code message hint }
  }
}

fragment Unlinked on UnlinkTaskFromTicketResult {
  __typename
  ... on UnlinkTaskFromTicketPayload { task { psaTicketNumber } }
  ... on ProjectsError { code message hint }
}""",
        variables={
            "ticket": {"linkId": "{ticket_link}"}, "escalated": {"linkId": "{escalated_link}"},
            "contract": {"projectId": "{project}"},
        },
        expects={
            "ticket.task.psaTicketNumber": None, "escalated.task.psaTicketNumber": None,
            "contract.project.contractLink": None,
        },
    ),
    Step(
        "Put the project away",
        "{project_number} is archived; the tour leaves nothing open.",
        """mutation Archive($input: ArchiveProjectInput!) {
  archiveProject(input: $input) {
    __typename
    ... on ArchiveProjectPayload { project { archivedAt } }
    ... on ProjectsError { code message hint }
  }
}""",
        variables={"input": {"projectId": "{project}"}},
        expects={"archiveProject.__typename": "ArchiveProjectPayload"},
    ),
)  # fmt: skip
