"""Opening and changing projects, their members and milestones, as clients see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from db.activity import ActivityEvent
from db.clients import Client
from db.organizations import Role
from db.projects.tables import Project
from tests import given
from tests.acting import rows
from tests.asking import open_desk

if TYPE_CHECKING:
    from tests.asking import Desk

ERROR = "... on ProjectsError { code message } ... on InvalidInputError { problems { field message } }"
CREATE = f"""mutation ($input: CreateProjectInput!) {{ createProject(input: $input) {{
  ... on CreateProjectPayload {{
    replayed project {{ id number name status owner {{ id }} client {{ id name }} budget dueDate tags customFields }}
  }}
  {ERROR} }} }}"""
UPDATE = f"""mutation ($input: UpdateProjectInput!) {{ updateProject(input: $input) {{
  ... on UpdateProjectPayload {{ project {{ name description client {{ id name }} budget owner {{ id }} }} }}
  {ERROR} }} }}"""
ARCHIVE = f"""mutation ($input: ArchiveProjectInput!) {{ archiveProject(input: $input) {{
  ... on ArchiveProjectPayload {{ project {{ archivedAt }} }} {ERROR} }} }}"""
ADD = f"""mutation ($input: AddProjectMemberInput!) {{ addProjectMember(input: $input) {{
  ... on AddProjectMemberPayload {{ member {{ role user {{ id }} }} }} {ERROR} }} }}"""
REMOVE = f"""mutation ($input: RemoveProjectMemberInput!) {{ removeProjectMember(input: $input) {{
  ... on RemoveProjectMemberPayload {{ user {{ id }} project {{ members {{ role }} }} }} {ERROR} }} }}"""
CREATE_MILESTONE = f"""mutation ($input: CreateMilestoneInput!) {{ createMilestone(input: $input) {{
  ... on CreateMilestonePayload {{ milestone {{ id name dueDate status }} }} {ERROR} }} }}"""
UPDATE_MILESTONE = f"""mutation ($input: UpdateMilestoneInput!) {{ updateMilestone(input: $input) {{
  ... on UpdateMilestonePayload {{ milestone {{ name dueDate status completedAt }} }} {ERROR} }} }}"""


def nested(levels: int) -> dict[str, Any]:
    value: Any = 2**63 - 1
    for _ in range(levels):
        value = {"a": value}
    return value


async def test_a_project_is_opened_for_a_client_of_the_psa(desk: Desk):
    manager = desk.place.users[Role.MANAGER]

    made = await desk.do(
        CREATE, Role.MANAGER, name="Migrate mail", clientId="c-1", budget="1000.50", dueDate="2026-06-30",
        tags=["mail"], customFields={"sla_hours": 4},
    )  # fmt: skip

    assert made["project"].pop("id").startswith("prj_")
    assert made["project"] == {
        "number": "PRJ-000001", "name": "Migrate mail", "status": "PLANNING", "owner": {"id": manager.id},
        "client": {"id": "c-1", "name": "Harbor Dental"}, "budget": "1000.50", "dueDate": "2026-06-30",
        "tags": ["mail"], "customFields": {"sla_hours": 4},
    }  # fmt: skip
    assert {client.name for client in await rows(desk.database, desk.org, Client)} == {"Acme", "Harbor Dental"}


async def test_a_project_without_a_client_is_internal_and_needs_no_psa(desk: Desk):
    made = await desk.do(CREATE, name="Tidy the rack")

    assert made["project"]["client"] is None
    assert await desk.calls() == []


async def test_a_key_opens_one_project_also_while_the_psa_is_down(desk: Desk):
    said = {"name": "Migrate mail", "clientId": "c-1", "idempotencyKey": "k"}
    first = await desk.do(CREATE, **said)
    await desk.sandbox.faults({"do": "status", "status": 503})

    again = await desk.do(CREATE, **said)
    other = await desk.do(CREATE, **(said | {"name": "Migrate files"}))

    assert (first["replayed"], again["replayed"]) == (False, True)
    assert again["project"] == first["project"]
    assert other["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert len(await rows(desk.database, desk.org, Project)) == 2


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"clientId": "c-nowhere"}, "CLIENT_NOT_FOUND"),
        ({"ownerId": "usr_nowhere"}, "USER_NOT_FOUND"),
        ({"name": " "}, "INVALID_INPUT"),
        ({"name": "x\0"}, "INVALID_INPUT"),
        ({"clientId": "c\0"}, "INVALID_INPUT"),
        ({"customFields": {"sla": ["x\0"]}}, "INVALID_INPUT"),
        ({"customFields": {"x\0": 4}}, "INVALID_INPUT"),
        ({"customFields": {"sla": [2**63]}}, "INVALID_INPUT"),
        ({"customFields": nested(21)}, "INVALID_INPUT"),
        ({"customFields": nested(990), "idempotencyKey": "k"}, "INVALID_INPUT"),
        ({"tags": ["\ud800"]}, "INVALID_INPUT"),
        ({"budget": "-1"}, "INVALID_INPUT"),
        ({"idempotencyKey": ""}, "INVALID_INPUT"),
    ],
)
async def test_what_cannot_be_a_project_is_refused(desk: Desk, said: dict[str, Any], code: str):
    refused = await desk.do(CREATE, **({"name": "Migrate mail"} | said))

    assert refused["code"] == code
    assert len(await rows(desk.database, desk.org, Project)) == 1


@pytest.mark.parametrize("value", ["1e999", "-1e999", "123456789012345678901234567890", "$none"])
async def test_a_literal_that_no_json_holds_is_refused(desk: Desk, value: str):
    document = CREATE.replace("($input: CreateProjectInput!)", "($none: JSON)" if "$" in value else "")

    refused = await desk.ask(document.replace("$input", f'{{ name: "x", customFields: {{ a: {value} }} }}'))

    assert [problem["field"] for problem in refused["problems"]] == ["customFields"]


async def test_the_deepest_fields_are_shown_again_in_lists_and_in_what_happened(desk: Desk):
    project, fields = desk.place.project.id, nested(20)
    changed = await desk.do(UPDATE, projectId=project, customFields=fields)

    listed = await desk.ask("{ projects { nodes { customFields } } }")
    happened = await desk.ask("{ activity(first: 1) { nodes { details } } }")

    assert "code" not in changed
    assert listed["nodes"] == [{"customFields": fields}]
    assert happened["nodes"] == [{"details": {"custom_fields": {"from": {}, "to": fields}}}]


async def test_a_psa_that_is_down_opens_no_project_with_a_client(desk: Desk):
    await desk.sandbox.faults({"do": "status", "status": 503})

    refused = await desk.do(CREATE, name="Migrate mail", clientId="c-1")

    assert refused["code"] == "PSA_UNAVAILABLE"
    assert len(await rows(desk.database, desk.org, Client)) == 1


async def test_members_open_no_project_and_cost_the_psa_no_call(desk: Desk):
    refused = await desk.do(CREATE, Role.MEMBER, name="Migrate mail", clientId="c-1")

    assert refused["code"] == "FORBIDDEN"
    assert await desk.calls() == []


async def test_what_is_left_out_stays_and_null_takes_away(desk: Desk):
    project, owner = desk.place.project.id, desk.place.users[Role.OWNER].id
    await desk.do(UPDATE, projectId=project, description="Two floors", budget="10.00")

    changed = await desk.do(UPDATE, projectId=project, description=None, name="Office move II")
    refused = await desk.do(UPDATE, projectId=project, name=None)

    assert changed["project"] == {
        "name": "Office move II", "description": None, "client": {"id": desk.place.client.id, "name": "Acme"},
        "budget": "10.00", "owner": {"id": owner},
    }  # fmt: skip
    assert refused["problems"] == [{"field": "name", "message": "must not be null"}]


async def test_a_project_moves_to_another_client_or_to_none(desk: Desk):
    project = desk.place.project.id

    moved = await desk.do(UPDATE, Role.MANAGER, projectId=project, clientId="c-1")
    unknown = await desk.do(UPDATE, Role.MANAGER, projectId=project, clientId="c-nowhere")
    internal = await desk.do(UPDATE, Role.MANAGER, projectId=project, clientId=None)

    assert moved["project"]["client"] == {"id": "c-1", "name": "Harbor Dental"}
    assert unknown["code"] == "CLIENT_NOT_FOUND"
    assert internal["project"]["client"] is None


async def test_who_may_not_change_a_project_costs_the_psa_no_call(desk: Desk):
    refused = await desk.do(UPDATE, Role.MEMBER, projectId=desk.place.project.id, clientId="c-1")

    assert refused["code"] == "FORBIDDEN"
    assert await desk.calls() == []


async def test_owners_archive_and_nothing_is_planned_afterwards(desk: Desk):
    project = desk.place.project.id

    forbidden = await desk.do(ARCHIVE, Role.MANAGER, projectId=project)
    archived = await desk.do(ARCHIVE, projectId=project)
    late = await desk.do(UPDATE, projectId=project, name="Late")

    assert (forbidden["code"], late["code"]) == ("FORBIDDEN", "PROJECT_ARCHIVED")
    assert archived["project"]["archivedAt"] is not None


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (UPDATE, {"name": "Mine"}), (ARCHIVE, {}), (ADD, {"userId": "usr_1"}), (REMOVE, {"userId": "usr_1"}),
        (CREATE_MILESTONE, {"name": "Mine"}),
    ],
)  # fmt: skip
async def test_an_unknown_project_and_another_organisations_get_the_same_answer(
    desk: Desk, document: str, said: dict[str, str]
):
    other = await open_desk(desk.database, desk.sandbox)
    foreign = other.place.project.id

    unknown = await desk.do(document, projectId="prj_nowhere", **said)
    hidden = await desk.do(document, projectId=foreign, **said)

    assert hidden == {**unknown, "message": unknown["message"].replace("prj_nowhere", foreign)}
    assert unknown["code"] == "PROJECT_NOT_FOUND"
    await other.leave()


async def test_people_join_and_leave_a_project(desk: Desk):
    project, admin = desk.place.project.id, desk.place.users[Role.ADMIN].id

    joined = await desk.do(ADD, projectId=project, userId=admin, role="MANAGER")
    left = await desk.do(REMOVE, projectId=project, userId=admin)
    again = await desk.do(REMOVE, projectId=project, userId=admin)

    assert joined["member"] == {"role": "MANAGER", "user": {"id": admin}}
    assert (left["user"], len(left["project"]["members"])) == ({"id": admin}, 4)
    assert again["code"] == "USER_NOT_FOUND"


@pytest.mark.parametrize(
    ("who", "role", "code"),
    [
        (Role.OWNER, "MEMBER", "MEMBER_IS_OWNER"),
        (Role.MEMBER, "OWNER", "INVALID_INPUT"),
        (Role.MEMBER, "ADMIN", "FORBIDDEN"),
    ],
)
async def test_managers_give_no_role_above_their_own(desk: Desk, who: Role, role: str, code: str):
    person = desk.place.users[who].id

    refused = await desk.do(ADD, Role.MANAGER, projectId=desk.place.project.id, userId=person, role=role)

    assert refused["code"] == code


async def test_a_milestone_is_added_moved_and_completed(desk: Desk):
    other, project = await open_desk(desk.database, desk.sandbox), desk.place.project.id
    made = await desk.do(CREATE_MILESTONE, projectId=project, name="Go live", dueDate="2026-04-01")
    milestone = made["milestone"].pop("id")

    done = await desk.do(UPDATE_MILESTONE, milestoneId=milestone, dueDate=None, status="COMPLETED")
    unknown = await desk.do(UPDATE_MILESTONE, milestoneId="mst_nowhere", name="x")
    hidden = await other.do(UPDATE_MILESTONE, milestoneId=milestone, name="x")
    forbidden = await desk.do(UPDATE_MILESTONE, Role.MEMBER, milestoneId=milestone, name="x")

    assert made["milestone"] == {"name": "Go live", "dueDate": "2026-04-01", "status": "PENDING"}
    assert done["milestone"].pop("completedAt") is not None
    assert done["milestone"] == {"name": "Go live", "dueDate": None, "status": "COMPLETED"}
    assert (unknown["code"], forbidden["code"]) == ("MILESTONE_NOT_FOUND", "FORBIDDEN")
    assert hidden == {**unknown, "message": unknown["message"].replace("mst_nowhere", milestone)}
    await other.leave()


async def test_a_product_with_the_integration_key_changes_nothing(desk: Desk):
    product = given.integration(desk.place.organization)
    before = await rows(desk.database, desk.org, ActivityEvent)

    refused = await desk.ask(CREATE, product, input={"name": "Mine"})

    assert (refused["code"], refused["message"]) == (
        "FORBIDDEN", "You may not do this (createProject): integration keys only read."
    )  # fmt: skip
    assert len(await rows(desk.database, desk.org, ActivityEvent)) == len(before)


@pytest.mark.parametrize("conditions", [{"search": "prj"}, {"search": "office"}, {"atRisk": False}, {"overdue": False}])
async def test_a_filter_opens_neither_another_organisation_nor_a_project_of_others(
    desk: Desk, conditions: dict[str, Any]
):
    await open_desk(desk.database, desk.sandbox)
    place = desk.place
    closed = given.project(place.organization, place.users[Role.OWNER])
    await given.stored(desk.database, closed)
    found = """query ($filter: ProjectFilter!) { projects(filter: $filter) { nodes { id } totalCount } }"""

    seen = {role: await desk.ask(found, role, filter=conditions) for role in (Role.OWNER, Role.MEMBER)}

    mine = {"id": place.project.id}
    assert seen[Role.MEMBER] == {"nodes": [mine], "totalCount": 1}
    assert seen[Role.OWNER] == {"nodes": [mine, {"id": closed.id}], "totalCount": 2}
