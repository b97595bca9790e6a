// PostGraphile 5 on its Amber preset: types from the tables, and fields of the contract as Grafast plans over them.

import { createServer } from 'node:http'
import { grafserv } from 'postgraphile/grafserv/node'
import { postgraphile } from 'postgraphile'
import { makePgService } from 'postgraphile/adaptors/pg'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'
import { extendSchema, gql } from 'postgraphile/utils'
import { access, connection, constant, get, operationPlan } from 'postgraphile/grafast'
import { TYPES, pgSelect } from 'postgraphile/@dataplan/pg'
import { sql } from 'postgraphile/pg-sql2'
import { callerOf, today } from './callers.js'

const typeDefs = gql`
  scalar _Any
  union _Entity = Contract
  extend type Query {
    project(id: ID!): Project
    projects(first: Int = 20, after: String): ProjectConnection
    commandCenter(first: Int = 20, after: String): ClientHealthConnection
    _entities(representations: [_Any!]!): [_Entity]!
  }
  extend type Project {
    client: Client
    contractLink: ContractLink
    milestones: [Milestone!]!
    tasks(first: Int = 20): TaskConnection
  }
  extend type Task { ticketLink: TicketLink }
  type Contract { id: ID! projects(first: Int = 20): ProjectConnection }
  type ClientHealthConnection { nodes: [ClientHealth!]! edges: [ClientHealthEdge!]! }
  type ClientHealthEdge { cursor: Cursor node: ClientHealth! }
  type ClientHealth { client: Client! health: Health! }
  type Health {
    activeProjects: Int! overdueProjects: Int! averageProgress: Float overdueMilestones: Int! atRiskProjects: Int!
  }
`

// The caller's facts, as steps of the whole operation: made below a list, they would belong to its items.
const askers = new WeakMap()
function asker(name) {
  const plan = operationPlan()
  if (!askers.has(plan)) {
    const facts = ['org', 'user', 'seesAll', 'today'].map((fact) => [fact, plan.trackedContextStep.get(fact)])
    askers.set(plan, Object.fromEntries(facts))
  }
  return askers.get(plan)[name]
}

const text = ($select, name) => $select.placeholder(asker(name), TYPES.text)

// Known when the plan is made: an owner's statements have no predicate, and a plan of their own.
const seesAll = () => asker('seesAll').evalIs(true)

const member = ($select, project) => sql`exists(select from project_members m where m.org_id = ${text($select, 'org')}
  and m.project_id = ${project}.id and m.user_id = ${text($select, 'user')})`

function visible($projects) {
  if (!seesAll()) $projects.where(member($projects, $projects.alias))
  return $projects
}

function inOrder($select, ...attributes) {
  for (const attribute of attributes) $select.orderBy({ attribute, direction: 'ASC' })
  $select.setOrderIsUnique()
  return $select
}

const paged = {
  first: { applyPlan: (_, $connection, value) => $connection.setFirst(value.getRaw()) },
  after: { applyPlan: (_, $connection, value) => $connection.setAfter(value.getRaw()) },
}

const rollUp = ($client) => {
  const $select = $client.getClassStep()
  const day = $select.placeholder(asker('today'), TYPES.date)
  const p = sql.identifier(Symbol('p'))
  return sql`(select json_build_object('active', count(*), 'overdue', coalesce(sum(e.overdue), 0),
      'progress', round(sum(e.progress) * 10.0::float8 / nullif(count(*), 0)) / 10, 'late', coalesce(sum(e.late), 0),
      'atRisk', count(*) filter (where e.late > 0 or e.stalled))
    from (select ${p}.progress_percent as progress, (${p}.due_date < ${day})::int as overdue,
        (${p}.progress_percent = 0 and ${p}.start_date < ${day}) as stalled,
        (select count(*) from milestones m where m.org_id = ${p}.org_id and m.project_id = ${p}.id
          and m.status <> 'COMPLETED' and m.due_date < ${day}) as late
      from projects ${p} where ${p}.org_id = ${$client}.org_id and ${p}.client_id = ${$client}.id
        and ${p}.status <> 'COMPLETED' and ${p}.archived_at is null
        and ${seesAll() ? sql`true` : member($select, p)} offset 0) e)`
}

const contract = extendSchema((build) => {
  const { projects, clients, tasks, milestones, contract_links, ticket_links } = build.pgResources
  const below = (resource, $project) =>
    resource.find({ org_id: $project.get('org_id'), project_id: $project.get('id') })

  return {
    typeDefs,
    objects: {
      Query: {
        plans: {
          project: (_, { $id }) => visible(projects.find({ org_id: asker('org'), id: $id })).single(),
          projects: {
            plan: () => connection(inOrder(visible(projects.find({ org_id: asker('org') })), 'id')),
            args: paged,
          },
          commandCenter: {
            plan() {
              const $clients = clients.find({ org_id: asker('org') })
              if (!seesAll()) {
                const q = sql.identifier(Symbol('q'))
                $clients.where(sql`exists(select from projects ${q} where ${q}.org_id = ${$clients}.org_id
                  and ${q}.client_id = ${$clients}.id and ${member($clients, q)})`)
              }
              return connection(inOrder($clients, 'name_folded', 'id'))
            },
            args: paged,
          },
          _entities(_, { $representations }) {
            asker('org')
            return $representations
          },
        },
      },
      Project: {
        plans: {
          client: ($project) => clients.get({ org_id: $project.get('org_id'), id: $project.get('client_id') }),
          contractLink($project) {
            const $links = below(contract_links, $project)
            $links.where(sql`${$links}.unlinked_at is null`)
            return $links.single()
          },
          milestones($project) {
            const $milestones = below(milestones, $project)
            const fragment = sql`coalesce(${$milestones}.due_date, '9999-12-31')`
            $milestones.orderBy({ fragment, codec: TYPES.date, direction: 'ASC', nullable: false })
            return inOrder($milestones, 'id')
          },
          tasks: { plan: ($project) => connection(inOrder(below(tasks, $project), 'id')), args: { first: paged.first } },
        },
      },
      Task: {
        plans: {
          ticketLink($task) {
            const $links = ticket_links.find({ org_id: $task.get('org_id'), task_id: $task.get('id') })
            $links.where(sql`${$links}.newest`)
            return $links.single()
          },
        },
      },
      Contract: {
        plans: {
          id: ($representation) => get($representation, 'id'),
          projects: {
            plan($representation) {
              const from = sql`(select p.*, k.psa_contract_id from contract_links k
                join projects p on p.org_id = k.org_id and p.id = k.project_id where k.unlinked_at is null)`
              const matches = (column) => (alias) => sql`${alias}.${sql.identifier(column)}`
              const identifiers = [
                { step: asker('org'), codec: TYPES.text, matches: matches('org_id') },
                { step: get($representation, 'id'), codec: TYPES.text, matches: matches('psa_contract_id') },
              ]
              return connection(inOrder(visible(pgSelect({ resource: projects, from, identifiers })), 'id'))
            },
            args: { first: paged.first },
          },
        },
      },
      ClientHealthConnection: { plans: { nodes: ($page) => $page.nodes(), edges: ($page) => $page.edges() } },
      ClientHealthEdge: { plans: { cursor: ($edge) => $edge.cursor(), node: ($edge) => $edge.node() } },
      ClientHealth: {
        plans: {
          client: ($client) => $client,
          health: ($client) => $client.select(rollUp($client), TYPES.json),
        },
      },
      Health: {
        plans: {
          activeProjects: ($figures) => access($figures, 'active'),
          overdueProjects: ($figures) => access($figures, 'overdue'),
          averageProgress: ($figures) => access($figures, 'progress'),
          overdueMilestones: ($figures) => access($figures, 'late'),
          atRiskProjects: ($figures) => access($figures, 'atRisk'),
        },
      },
    },
    scalars: { _Any: { parseValue: (value) => value, serialize: (value) => value } },
    unions: {
      _Entity: {
        planType: ($representation) => ({
          $__typename: constant('Contract'),
          planForType: () => $representation,
        }),
      },
    },
  }
})

// Without Relay's global ids there is nothing that a column called id could be mistaken for.
const plainIds = {
  name: 'PlainIds',
  inflection: {
    replace: {
      _attributeName(_previous, _preset, details) {
        return this.coerceToGraphQLName(details.attributeName)
      },
    },
  },
}

const preset = {
  extends: [PostGraphileAmberPreset],
  plugins: [contract, plainIds],
  disablePlugins: ['NodePlugin', 'PgFirstLastBeforeAfterArgsPlugin'],
  pgServices: [makePgService({ poolConfig: { max: 8, min: 8, idleTimeoutMillis: 0 } })],
  // The contract's fields stand for the tables' own ones; types, connections and attributes are PostGraphile's.
  schema: {
    defaultBehavior: '-insert -update -delete -query:resource:connection -query:resource:list -query:resource:single -singularRelation -manyRelation -order -filter',
  },
  grafserv: { port: Number(process.env.PORT), graphqlPath: '/graphql', graphiql: false, watch: false },
  grafast: {
    context: ({ node }) => ({ ...callerOf(node.req.headers.authorization), today: today() }),
  },
}

const server = createServer()
const instance = postgraphile(preset)
await instance.getSchema() // a schema that cannot be built should stop the start
await instance.createServ(grafserv).addTo(server)
server.listen(Number(process.env.PORT), '127.0.0.1')
