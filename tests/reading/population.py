"""What the readers are compared on: two organisations with the same ids and other facts, the same on every database.

That both share their ids is on purpose: a statement that forgets the organisation shows rows of the other one.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

from db.base import id_of
from db.contracts import BillingFrequency, ContractType
from db.milestones.tables import MilestoneStatus
from db.organizations import Role
from db.projects.tables import ProjectStatus
from db.tasks.tables import TaskPriority, TaskStatus
from db.tickets import LinkOrigin
from tests import given
from tests.reading.deeds import Deeds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.base import Base, Identified
    from db.organizations import User
    from db.projects.tables import Project
    from db.session import Database
    from db.tasks.tables import Task

NOW = datetime(2026, 3, 2, 20, 30, tzinfo=UTC)  # in Tokyo it is the 3rd already
TODAY = date(2026, 3, 3)
NORTH, SOUTH = "org_north", "org_south"

PEOPLE = {
    "usr_ann": Role.OWNER, "usr_abe": Role.ADMIN, "usr_mona": Role.MANAGER, "usr_mick": Role.MEMBER,
    "usr_vic": Role.VIEWER, "usr_uma": Role.MEMBER,
}  # fmt: skip
IN_NO_PROJECT = "usr_uma"
CLIENTS = {
    "cl_1": "Acme", "CL_2": "acme", "42": "Zoë's Café ☕", "cl-Ünï": "Ärzte", "a": "100% Tools_Ltd",
    "B": "Straße", "cl_7": "zürich \\ Söhne", "cl_8": "Without projects",
}  # fmt: skip
PROJECTS = [
    "Office move", "office MOVE", "Öl & Gas", "Straßenbau", "100% uptime", "under_score", "émigré", "日本語",
    "🚚 Fleet", "Office move", "back\\slash", 'say "hi"', "ÖL & GAS", "z", "Z", "ª", "ÿ", "İstanbul", "nul\tl", "Audit",
    "Audit 2", "audit 10", "ﬁrewall", "Phones", "Last",
]  # fmt: skip
WORK = ["Pull cables", "pull CABLES", "Ship it 🚀", "Tēst", "%", "_", "Größe messen", "", "a\nb", "Migrate"]
DAYS = [None, TODAY - timedelta(40), TODAY - timedelta(1), TODAY, TODAY + timedelta(1), TODAY + timedelta(90)]
MONEY = [None, Decimal("0.00"), Decimal("120.50"), Decimal("99.99"), Decimal("33.33"), Decimal("0.50")]


async def populate(database: Database) -> None:
    """Store everything."""
    for org_id in (NORTH, SOUTH):
        async with database.write(None) as session:
            for rows in Population(org_id).groups():
                session.add_all(rows)
                await session.flush()


class Population:
    """One organisation's rows: the same ids as the other one's, and facts of its own."""

    def __init__(self, org_id: str) -> None:
        self.org_id = org_id
        self.any = Random(f"facts of {org_id}")  # noqa: S311 - the same facts in every run
        self._ids: dict[str, Random] = {}
        self.organization = given.organization(
            org_id=org_id, name=f"{org_id} IT ☂", timezone="Asia/Tokyo", currency="JPY", project_number_prefix="PRJ"
        )
        self.users = {
            id_: given.user(
                self.organization, id=id_, role=role, name=f"{id_[4:].title()} {org_id}", email=f"{id_}@{org_id}"
            )
            for id_, role in PEOPLE.items()
        }

    def id(self, kind: type[Identified]) -> str:
        """Return another id, its age out of order."""
        chance = self._ids.setdefault(kind.PREFIX, Random(kind.PREFIX))  # noqa: S311 - the same ids in every run
        return id_of(kind.PREFIX, 1_700_000_000_000_000 + chance.randrange(10**15), chance.getrandbits(62))

    def of(self, *options: Any) -> Any:
        """Return one of the options."""
        return self.any.choice(options)

    def moment(self) -> datetime:
        """Return some moment before now, half of them with microseconds, and not all different."""
        return NOW - timedelta(hours=self.any.randrange(48), microseconds=self.of(0, 0, 123456, 5))

    def person(self) -> User:
        """Return somebody."""
        return self.any.choice(list(self.users.values()))

    def groups(self) -> list[Sequence[Base]]:
        """Return all rows; what is pointed to stands in an earlier group."""
        clients = {id_: given.client(self.organization, id=id_, name=name) for id_, name in CLIENTS.items()}
        projects = [self._project(number, name) for number, name in enumerate(PROJECTS, 1)]
        members = [member for project in projects for member in self._members(project)]
        contracts = [link for number, project in enumerate(projects) for link in self._contracts(number, project)]
        milestones = [self._milestone(project) for project in projects for _ in range(self.of(0, 1, 2, 5))]
        tasks = [
            self._task(number, project, [each for each in milestones if each.project_id == project.id])
            for number, project in enumerate(projects)
            for _ in range(0 if number in (3, 4) else 40 if number == 5 else self.any.randrange(9))
        ]
        waiting = [pair for project in projects for pair in self._dependencies(project, tasks)]
        tickets = [link for number, task in enumerate(tasks) for link in self._tickets(number, task)]
        deeds = Deeds(self, projects, tasks, tickets)
        return [
            [self.organization], list(self.users.values()), list(clients.values()), projects, members, contracts,
            milestones, tasks, waiting, tickets, *deeds.groups(),
        ]  # fmt: skip

    def _project(self, number: int, name: str) -> Project:
        facts: dict[str, Any] = {
            "id": self.id(given.Project), "number": f"PRJ-{number:06}", "name": name, "status": self.of(*ProjectStatus),
            "description": self.of(None, "", 'First line\nsecond "line" ☃'), "start_date": self.of(*DAYS),
            "due_date": self.of(*DAYS), "progress_percent": self.of(0, 0, 33, 50, 67, 100),
            "budget": self.of(*MONEY, Decimal(250)), "billing_rate": self.of(*MONEY),
            "client_id": self.of(None, *list(CLIENTS)[:-1]), "tags": self.of([], ["a", "Ünï", "☂"]),
            "custom_fields": self.of({}, {"sla_hours": 4, "b": None, "a": [1.5, {"ü": "☃"}]}),
            "created_at": self.moment(), "updated_at": self.moment(),
        }  # fmt: skip
        if facts["status"] is ProjectStatus.COMPLETED:
            facts["completed_at"] = self.moment()
        if self.any.randrange(5) == 0:
            facts["archived_at"] = self.moment()
        return given.project(self.organization, self.person(), **facts)

    def _members(self, project: Project) -> list[Base]:
        people = [user for user in self.users.values() if user.id != IN_NO_PROJECT and self.any.random() < 0.5]
        return [
            given.ProjectMember(
                org_id=self.org_id, id=self.id(given.ProjectMember), project_id=project.id, user_id=user.id,
                role=self.of(*Role), added_at=self.moment(),
            )
            for user in people
        ]  # fmt: skip

    def _contracts(self, number: int, project: Project) -> list[Base]:
        """Give two projects of three an active link, some of them after one that was closed; some only a closed one."""
        ended = [True] * self.of(0, 0, 1, 2) + [False] * (number % 3 > 0)
        return [self._contract(project, closed=closed) for closed in ended]

    def _contract(self, project: Project, *, closed: bool) -> Base:
        facts: dict[str, Any] = {"unlinked_at": self.moment(), "unlinked_by_id": "usr_ann"} if closed else {}
        contract = self.of("ctr_1", "ctr_2", "CTR-ä", "7")
        return given.contract_link(
            project, self.person(), id=self.id(given.ContractLink), psa_contract_id=contract,
            contract_number=f"C-{contract}", contract_name="Managed ☂", contract_type=self.of(*ContractType),
            psa_client_id=project.client_id or "cl_9", psa_client_name="Ärzte",
            billing_frequency=self.of(None, *BillingFrequency), start_date=self.of(*DAYS),
            end_date=self.of(*DAYS), snapshot_at=self.moment(), linked_at=self.moment(), **facts,
        )  # fmt: skip

    def _milestone(self, project: Project) -> given.Milestone:
        status = self.of(*MilestoneStatus)
        return given.milestone(
            project, id=self.id(given.Milestone), name=self.of("Go live", "Größe", ""), due_date=self.of(*DAYS),
            status=status, completed_at=self.moment() if status is MilestoneStatus.COMPLETED else None,
            deliverables=self.of(None, "Docs", "ünï"), visible_to_client=self.of(True, False),
        )  # fmt: skip

    def _task(self, number: int, project: Project, milestones: list[given.Milestone]) -> Task:
        milestone = self.of(None, *milestones)
        return given.task(
            project, id=self.id(given.Task), name=self.of(*WORK), status=self.of(*TaskStatus),
            priority=self.of(*TaskPriority), description=self.of(None, "", "**bold** ☃"),
            due_date=self.of(*DAYS), stage=self.of(None, "Scoping"), task_type=self.of(None, "Config"),
            estimated_hours=self.of(None, Decimal("0.00"), Decimal("7.25"), Decimal(3)),
            story_points=self.of(None, 0, 8), milestone_id=milestone.id if milestone else None,
            assignee_id=self.of(None, *PEOPLE), reporter_id=self.of(None, *PEOPLE), created_at=self.moment(),
            updated_at=NOW if number == 5 else self.moment(),
        )  # fmt: skip

    def _dependencies(self, project: Project, tasks: list[Task]) -> list[Base]:
        mine = [task.id for task in tasks if task.project_id == project.id][:8]
        pairs = [(late, early) for place, late in enumerate(mine) for early in mine[:place] if self.any.random() < 0.3]
        return [
            given.TaskDependency(
                org_id=self.org_id, id=self.id(given.TaskDependency), task_id=late, depends_on_id=early
            )
            for late, early in pairs
        ]

    def _tickets(self, number: int, task: Task) -> list[given.TicketLink]:
        """Link most tasks to no ticket, others to up to three, some of them unlinked; the newest active is marked."""
        chosen = self.any.sample(["tkt_1", "tkt_2", "TKT-é", "9"], self.of(0, 0, 1, 3) if number % 2 else 0)
        links = [self._ticket(task, ticket) for ticket in chosen]
        active = [link for link in links if link.unlinked_at is None]
        for link in active:
            link.newest = link.id == max(other.id for other in active)
        return links

    def _ticket(self, task: Task, ticket: str) -> given.TicketLink:
        closed = self.any.randrange(3) == 0
        return given.ticket_link(
            task, self.person(), id=self.id(given.TicketLink), psa_ticket_id=ticket, ticket_number=f"ABC-{ticket}",
            ticket_title=self.of("Printer on fire 🔥", "", "größer"), ticket_url=f"https://psa.test/{ticket}",
            ticket_status_at_link=self.of("NEW", "odd"), ticket_priority_at_link="HIGH", origin=self.of(*LinkOrigin),
            linked_at=self.moment(), newest=False, unlinked_at=self.moment() if closed else None,
            unlinked_by_id="usr_mona" if closed else None,
        )  # fmt: skip
