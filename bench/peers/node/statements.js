// Mercurius' statements: prepared once per connection, each with the visibility predicate for members and without.

import pg from 'pg'

pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text)
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

const pool = new pg.Pool({ max: 8, min: 8, idleTimeoutMillis: 0 })

const member = (project, place) =>
  `EXISTS (SELECT FROM project_members m WHERE m.org_id = $1 AND m.project_id = ${project}.id AND m.user_id = $${place})`
const served = (place) =>
  `EXISTS (SELECT FROM projects q WHERE q.org_id = $1 AND q.client_id = c.id AND ${member('q', place)})`

// Returns a function that runs the statement as a caller; `write(visible, served)` gets the predicates.
function statement(name, places, write) {
  const texts = {
    member: write((project) => member(project, places + 1), () => served(places + 1)),
    owner: write(() => 'true', () => 'true'),
  }
  const guarded = texts.member !== texts.owner
  return async (caller, ...values) => {
    const free = caller.seesAll || !guarded
    const result = await pool.query({
      name: free ? name : `${name} as a member`,
      text: free ? texts.owner : texts.member,
      values: free ? [caller.org, ...values] : [caller.org, ...values, caller.user],
    })
    return result.rows
  }
}

const PROJECT = 'p.id, p.number, p.name, p.status, p.progress_percent AS "progressPercent", p.due_date AS "dueDate"'
const JOINED = `${PROJECT}, c.id AS client_id, c.name AS client_name, k.contract_number AS "contractNumber"`

export const project = statement('project', 2, (visible) =>
  `SELECT ${PROJECT} FROM projects p WHERE p.org_id = $1 AND p.id = $2 AND ${visible('p')}`)

export const projects = statement('projects', 3, (visible) =>
  `SELECT ${PROJECT} FROM projects p WHERE p.org_id = $1 AND p.id > $2 AND ${visible('p')} ORDER BY p.id LIMIT $3`)

export const joinedProjects = statement('joined projects', 3, (visible) =>
  `SELECT ${JOINED} FROM (
     SELECT * FROM projects p WHERE p.org_id = $1 AND p.id > $2 AND ${visible('p')} ORDER BY p.id LIMIT $3) p
   LEFT JOIN clients c ON c.org_id = $1 AND c.id = p.client_id
   LEFT JOIN contract_links k ON k.org_id = $1 AND k.project_id = p.id AND k.unlinked_at IS NULL ORDER BY p.id`)

export const total = statement('total', 1, (visible) =>
  `SELECT count(*) AS total FROM projects p WHERE p.org_id = $1 AND ${visible('p')}`)

export const tasks = statement('tasks', 3, () =>
  `SELECT t.project_id, t.id, t.name, t.status, t.priority, t.due_date AS "dueDate", l.ticket_number AS "ticketNumber",
     l.ticket_title AS "ticketTitle", l.ticket_url AS "ticketUrl"
   FROM unnest($2::text[]) r(id)
   JOIN LATERAL (SELECT * FROM tasks t WHERE t.org_id = $1 AND t.project_id = r.id ORDER BY t.id LIMIT $3) t ON true
   LEFT JOIN ticket_links l ON l.org_id = $1 AND l.task_id = t.id AND l.newest ORDER BY t.id`)

export const milestones = statement('milestones', 2, () =>
  `SELECT m.project_id, m.id, m.name, m.due_date AS "dueDate" FROM milestones m
   WHERE m.org_id = $1 AND m.project_id = ANY ($2) ORDER BY coalesce(m.due_date, '9999-12-31'), m.id`)

export const clients = statement('clients', 5, (visible, served) =>
  `SELECT c.id, c.name, c.name_folded, h.* FROM (
     SELECT * FROM clients c WHERE c.org_id = $1 AND (c.name_folded, c.id) > ($2, $3) AND ${served()}
     ORDER BY c.name_folded, c.id LIMIT $4) c
   JOIN LATERAL (
     SELECT count(*)::int AS active, coalesce(sum(e.overdue), 0)::int AS overdue,
       coalesce(sum(e.progress), 0)::int AS progress, coalesce(sum(e.late), 0)::int AS late,
       count(*) FILTER (WHERE e.late > 0 OR e.stalled)::int AS at_risk
     FROM (SELECT p.progress_percent AS progress, (p.due_date < $5)::int AS overdue,
         (p.progress_percent = 0 AND p.start_date < $5) AS stalled,
         (SELECT count(*) FROM milestones m WHERE m.org_id = $1 AND m.project_id = p.id
            AND m.status <> 'COMPLETED' AND m.due_date < $5) AS late
       FROM projects p WHERE p.org_id = $1 AND p.client_id = c.id AND p.status <> 'COMPLETED'
         AND p.archived_at IS NULL AND ${visible('p')} OFFSET 0) e) h ON true
   ORDER BY c.name_folded, c.id`)

export const linkedProjects = statement('linked projects', 3, (visible) =>
  `SELECT r.id AS contract_id, p.* FROM unnest($2::text[]) r(id) JOIN LATERAL (
     SELECT ${PROJECT} FROM contract_links k JOIN projects p ON p.org_id = $1 AND p.id = k.project_id
     WHERE k.org_id = $1 AND k.psa_contract_id = r.id AND k.unlinked_at IS NULL AND ${visible('p')}
     ORDER BY p.id LIMIT $3) p ON true`)
