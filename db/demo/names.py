"""What things and people of the demo are called."""

from __future__ import annotations

from db.organizations import Role

PEOPLE = (
    ("amara", "Amara Okafor", Role.OWNER, None),
    ("kenji", "Kenji Watanabe", Role.ADMIN, None),
    ("lucia", "Lucía Fernández", Role.MANAGER, "150.00"),
    ("priya", "Priya Raman", Role.MANAGER, "145.00"),
    ("tomasz", "Tomasz Kowalski", Role.MEMBER, "125.00"),
    ("aisha", "Aisha Rahman", Role.MEMBER, "125.00"),
    ("noah", "Noah Williams", Role.MEMBER, "95.50"),
    ("mei", "Chén Měi", Role.MEMBER, "110.00"),
    ("sefa", "Sefa Tuilagi", Role.MEMBER, None),
    ("elodie", "Élodie Martin", Role.VIEWER, None),
)
NEIGHBOURS = (
    ("ingrid", "Ingrid Sørensen", Role.OWNER, "140.00"),
    ("mateo", "Mateo Álvarez", Role.MEMBER, "90.00"),
    ("yusuf", "Yusuf Demir", Role.VIEWER, None),
)
CLIENTS = (
    "Acme Manufacturing", "Birchwood Dental", "Cobalt Logistics", "Delta Credit Union", "Evergreen Schools",
    "Fjord Seafoods", "Granite Construction", "Hawthorn & Pike LLP", "Iris Media", "Juniper Clinics",
    "Kestrel Aviation", "Łódź Textiles",
)  # fmt: skip
NEIGHBOUR_CLIENTS = ("Müller Bäckerei", "Harbour Insurance")
PROJECTS = (
    "Office move", "Mailbox migration", "Firewall refresh", "Wi-Fi survey and rollout", "Server retirement",
    "Backup redesign", "Endpoint protection rollout", "VoIP cutover", "Identity and single sign-on", "Laptop refresh",
    "File share to cloud", "Branch network build", "Security baseline", "Print management", "Disaster recovery test",
)  # fmt: skip
INTERNAL = "Internal: "
MILESTONES = ("Scope agreed", "Pilot done", "Rollout complete", "Handover signed")
TASKS = (
    "Kick-off call", "Collect requirements", "Inventory devices", "Order hardware", "Draw the network plan",
    "Prepare the pilot", "Configure policies", "Move the pilot group", "Review the pilot", "Schedule the rollout",
    "Roll out in waves", "Move stragglers", "Train the users", "Write the documentation", "Hand over to support",
)  # fmt: skip
STAGES = ("Scoping", "Scheduled", "In Progress", "Testing", "Client Review", "Completed")
TASK_TYPES = ("Task", "Config", "Migration", "Training", "Documentation")
NOTES = (
    "On site at the client", "Remote session with the site contact", "Configured and tested", "Call with the vendor",
    "Prepared the change window", "Documented the result", "Followed up on open points", "Migrated users, wave by wave",
)  # fmt: skip
TICKETS = (
    "Outlook asks for a password again", "VPN drops every hour", "Printer on floor 2 offline", "New starter on Monday",
    "Shared drive is slow", "Phone does not ring", "Blue screen after update", "Cannot reach the intranet",
    "Mail to one partner bounces", "Laptop battery swollen",
)  # fmt: skip
CONTRACTS = ("Managed services", "Project retainer", "Break-fix", "Device care")
REJECTIONS = ("Wrong project", "Please split by day", "Travel is not billable here")
