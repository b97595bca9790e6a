"""The tour's first half: who I am, what the PSA has, a project, and its links."""

from .steps import Step

STEPS = (
    Step(
        "Who am I?",
        "You are {name}, {role} of {organization}.",
        """query Viewer {
  viewer { name role organization { name } }
}""",
        learns={"name": "viewer.name", "role": "viewer.role", "organization": "viewer.organization.name"},
    ),
    Step(
        "Pick a client, live from the PSA",
        "The PSA knows {client_name}.",
        """query PickClient {
  psaClients(first: 5) {
    __typename
    ... on PsaClientPage { nodes { id name } }
    ... on ProjectsError { code message hint }
  }
}""",
        learns={"client": "psaClients.nodes.0.id", "client_name": "psaClients.nodes.0.name"},
    ),
    Step(
        "Pick one of the client's contracts",
        "{contract_number} is active.",
        """query PickContract($client: ID!) {
  psaContracts(clientId: $client, first: 20) {
    __typename
    ... on PsaContractPage { nodes { id number name status } }
    ... on ProjectsError { code message hint }
  }
}""",
        variables={"client": "{client}"},
        learns={
            "contract": "psaContracts.nodes.status=ACTIVE.id",
            "contract_number": "psaContracts.nodes.status=ACTIVE.number",
        },
    ),
    Step(
        "Pick one of the client's tickets",
        "{ticket_number} is about: {ticket_title}.",
        """query PickTicket($client: ID!) {
  psaTickets(search: "-", clientId: $client, first: 5) {
    __typename
    ... on PsaTicketPage { nodes { id number title status } }
    ... on ProjectsError { code message hint }
  }
}""",
        variables={"client": "{client}"},
        learns={
            "ticket": "psaTickets.nodes.0.id",
            "ticket_number": "psaTickets.nodes.0.number",
            "ticket_title": "psaTickets.nodes.0.title",
        },
    ),
    Step(
        "Create a project for that client",
        "{project_number} was created.",
        """mutation CreateProject($input: CreateProjectInput!) {
  createProject(input: $input) {
    __typename
    ... on CreateProjectPayload { project { id number name client { name } } }
    ... on ProjectsError { code message hint }
  }
}""",
        variables={
            "input": {
                "name": "Tour: office move", "clientId": "{client}", "status": "ACTIVE", "startDate": "{today}",
                "dueDate": "{due}", "budget": "5000.00", "billingRate": "120.00", "idempotencyKey": "{run}-project",
            }
        },
        learns={"project": "createProject.project.id", "project_number": "createProject.project.number"},
        expects={"createProject.__typename": "CreateProjectPayload"},
    ),
    Step(
        "Link the project to the contract that pays for it",
        "Time of {project_number} is billed to {contract_number}.",
        """mutation LinkContract($input: LinkProjectToContractInput!) {
  linkProjectToContract(input: $input) {
    __typename
    ... on LinkProjectToContractPayload { contractLink { id contractNumber contractType startDate endDate } }
    ... on ProjectsError { code message hint }
  }
}""",
        variables={"input": {"projectId": "{project}", "contractId": "{contract}"}},
        learns={"contract_link": "linkProjectToContract.contractLink.id"},
    ),
    Step(
        "Create two tasks",
        "There are two tasks now.",
        """mutation CreateTasks($move: CreateTaskInput!, $print: CreateTaskInput!) {
  move: createTask(input: $move) { ...Created }
  print: createTask(input: $print) { ...Created }
}

fragment Created on CreateTaskResult {
  __typename
  ... on CreateTaskPayload { task { id name status } }
  ... on ProjectsError { code message hint }
}""",
        variables={
            "move": {
                "projectId": "{project}", "name": "Move the desks", "estimatedHours": "8.00",
                "idempotencyKey": "{run}-move",
            },
            "print": {
                "projectId": "{project}", "name": "Connect the printer", "estimatedHours": "2.00",
                "idempotencyKey": "{run}-print",
            },
        },
        learns={"move": "move.task.id", "print": "print.task.id"},
    ),
    Step(
        "Link a task to the ticket",
        "The task shows {ticket_number} now.",
        """mutation LinkTicket($input: LinkTaskToTicketInput!) {
  linkTaskToTicket(input: $input) {
    __typename
    ... on LinkTaskToTicketPayload {
      ticketLink { id ticketNumber ticketUrl }
      task { psaTicketNumber }
    }
    ... on ProjectsError { code message hint }
  }
}""",
        variables={"input": {"taskId": "{print}", "ticketId": "{ticket}"}},
        learns={"ticket_link": "linkTaskToTicket.ticketLink.id"},
        expects={"linkTaskToTicket.__typename": "LinkTaskToTicketPayload"},
    ),
)  # fmt: skip
