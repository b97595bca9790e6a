"""Reading people and their organisation."""

from __future__ import annotations

from db.organizations import Organization, User
from db.relations import Entity, ToOne

USER = Entity("User", User)

VIEWER = Entity(
    "Viewer",
    User,
    relations={"organization": ToOne("Organization", {"org_id": "org_id"})},
    visible=lambda row, asker: row.id == asker.user,
)

ORGANIZATION = Entity("Organization", Organization, facts={"id": lambda row, _asker: row.org_id}, identity="org_id")
