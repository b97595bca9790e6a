import time
from sqlalchemy import text
async def test_x(database):
    async with database.read(None) as s:
        for t in "projects tasks milestones project_members contract_links ticket_links time_entries outbound_ops export_batches export_lines escalations activity_events task_dependencies".split():
            print(t, (await s.execute(text(f"select count(*) from {t} where org_id='org_north'"))).scalar())
