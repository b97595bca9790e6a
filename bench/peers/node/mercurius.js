// Mercurius with its JIT: a loader per list, prepared statements, what is to-one joined where it is asked for.

import Fastify from 'fastify'
import mercurius from 'mercurius'
import { average, callerOf, today } from './callers.js'
import * as statements from './statements.js'

const schema = `
  scalar Date
  scalar _Any
  union _Entity = Contract
  enum ProjectStatus { PLANNING ACTIVE ON_HOLD COMPLETED }
  enum TaskStatus { TODO IN_PROGRESS IN_REVIEW BLOCKED DONE }
  enum TaskPriority { LOW MEDIUM HIGH URGENT }
  type Query {
    project(id: ID!): Project
    projects(first: Int = 20, after: String): ProjectConnection!
    commandCenter(first: Int = 20, after: String): ClientHealthConnection!
    _entities(representations: [_Any!]!): [_Entity]!
  }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type ProjectConnection { edges: [ProjectEdge!]! nodes: [Project!]! pageInfo: PageInfo! totalCount: Int! }
  type ProjectEdge { cursor: String! node: Project! }
  type TaskConnection { nodes: [Task!]! }
  type ClientHealthConnection { nodes: [ClientHealth!]! pageInfo: PageInfo! }
  type Project {
    id: ID! number: String! name: String! status: ProjectStatus! progressPercent: Int! dueDate: Date
    client: Client contractLink: ContractLink milestones: [Milestone!]! tasks(first: Int = 20): TaskConnection!
  }
  type Client { id: ID! name: String! }
  type ContractLink { contractNumber: String! }
  type Milestone { id: ID! name: String! dueDate: Date }
  type Task {
    id: ID! name: String! status: TaskStatus! priority: TaskPriority! dueDate: Date ticketLink: TicketLink
  }
  type TicketLink { ticketNumber: String! ticketTitle: String! ticketUrl: String! }
  type ClientHealth { client: Client! health: Health! }
  type Health {
    activeProjects: Int! overdueProjects: Int! averageProgress: Float overdueMilestones: Int! atRiskProjects: Int!
  }
  type Contract { id: ID! projects(first: Int = 20): ProjectConnection! }
`

const read = (cursor) => JSON.parse(Buffer.from(cursor, 'base64').toString())
const write = (...values) => Buffer.from(JSON.stringify(values)).toString('base64')

// Whether a selection holds a field, however deep; a document's nodes are the same at every request.
const asked = new WeakMap()
function holds(node, name) {
  let known = asked.get(node)
  if (known === undefined) asked.set(node, (known = new Map()))
  if (!known.has(name)) {
    const selections = node.selectionSet?.selections ?? []
    known.set(name, selections.some((below) => below.name?.value === name || holds(below, name)))
  }
  return known.get(name)
}

function grouped(keys, rows, key) {
  const found = new Map(keys.map((value) => [value, []]))
  for (const row of rows) found.get(row[key]).push(row)
  return keys.map((value) => found.get(value))
}

function pageOf(rows, first) {
  const nodes = rows.length > first ? rows.slice(0, first) : rows
  return { nodes, more: rows.length > first }
}

const resolvers = {
  Query: {
    project: async (_, { id }, { caller }) => (await statements.project(caller, id))[0],
    projects: async (_, { first, after }, { caller }, info) => {
      const from = after ? read(after)[1] : ''
      const joined = holds(info.fieldNodes[0], 'client') || holds(info.fieldNodes[0], 'contractLink')
      const page = joined ? statements.joinedProjects : statements.projects
      return pageOf(await page(caller, from, first + 1), first)
    },
    commandCenter: async (_, { first, after }, { caller }) => {
      const [, name, id] = after ? read(after) : ['', '', '']
      const { nodes, more } = pageOf(await statements.clients(caller, name, id, first + 1, today()), first)
      return { more, nodes: nodes.map((row) => ({ client: row, health: row })) }
    },
    _entities: (_, { representations }) => representations,
  },
  _Entity: { resolveType: () => 'Contract' },
  ProjectConnection: {
    edges: ({ nodes }) => nodes.map((node) => ({ cursor: write('Project.id', node.id), node })),
    pageInfo: ({ nodes, more }) => ({ hasNextPage: more, endCursor: nodes.length ? write('Project.id', nodes.at(-1).id) : null }),
    totalCount: async (_, __, { caller }) => (await statements.total(caller))[0].total,
  },
  Project: {
    client: (row) => (row.client_id === null ? null : { id: row.client_id, name: row.client_name }),
    contractLink: (row) => (row.contractNumber === null ? null : row),
  },
  Task: { ticketLink: (row) => (row.ticketNumber === null ? null : row) },
  Health: {
    activeProjects: (row) => row.active,
    overdueProjects: (row) => row.overdue,
    averageProgress: (row) => average(row.progress, row.active),
    overdueMilestones: (row) => row.late,
    atRiskProjects: (row) => row.at_risk,
  },
}

const opts = { cache: false } // nothing is loaded twice within a request, and a key would be made of every row
const loaders = {
  Project: {
    milestones: {
      opts,
      loader: async (queries, { caller }) => {
        const keys = queries.map(({ obj }) => obj.id)
        return grouped(keys, await statements.milestones(caller, keys), 'project_id')
      },
    },
    tasks: {
      opts,
      loader: async (queries, { caller }) => {
        const keys = queries.map(({ obj }) => obj.id)
        const lists = grouped(keys, await statements.tasks(caller, keys, queries[0].params.first), 'project_id')
        return lists.map((nodes) => ({ nodes }))
      },
    },
  },
  Contract: {
    projects: {
      opts,
      loader: async (queries, { caller }) => {
        const keys = queries.map(({ obj }) => obj.id)
        const rows = await statements.linkedProjects(caller, keys, queries[0].params.first + 1)
        return grouped(keys, rows, 'contract_id').map((found) => pageOf(found, queries[0].params.first))
      },
    },
  },
}

const app = Fastify({ logger: false })

app.register(mercurius, {
  schema,
  resolvers,
  loaders,
  jit: 1,
  compilerOptions: { disableLeafSerialization: true, disablingCapturingStackErrors: true },
  context: (request) => {
    try {
      return { caller: callerOf(request.headers.authorization) }
    } catch {
      throw Object.assign(new Error('A valid session is needed.'), { statusCode: 401 })
    }
  },
})

await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
