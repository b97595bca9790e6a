"""Documents on both sides of each rule."""

PROJECT = "query ($id: ID!) { project(id: $id) { "
WRONG = [
    # definitions
    "type A { b: C }",
    "fragment F on Query { __typename }",
    "{ __typename } { a: __typename }",
    "{ __typename } query A { __typename }",
    "query A { __typename } query A { a: __typename }",
    "query @skip(if: true) { __typename }",
    "{ ...F } fragment F on Query @skip(if: true) { __typename }",
    "{ ...F } fragment F on Query { __typename } fragment F on Query { a: __typename }",
    "{ __typename } fragment F on Query { __typename }",
    "query A { __typename } query B { ...F } fragment F on Query { __typename } fragment G on Query { ...F }",
    "subscription { __typename }",
    # fields
    "{ nobody }",
    "{ viewer }",
    "{ viewer { id { id } } }",
    "{ viewer { __typename { id } } }",
    "{ __schema { queryType { name } } }",
    '{ __type(name: "Query") { name } }',
    '{ node(id: "x") { name } }',
    "{ _entities(representations: []) { id } }",
    # arguments
    "{ project }",
    "{ project { id } }",
    '{ project(id: "x", id: "x") { id } }',
    '{ project(id: "x", name: "y") { id } }',
    "{ viewer { id(first: 1) } }",
    "{ project(id: null) { id } }",
    "{ project(id: 1.5) { id } }",
    "{ projects(first: 3000000000) { totalCount } }",
    '{ projects(first: "1") { totalCount } }',
    "{ projects(first: [1]) { totalCount } }",
    "{ projects(first: {a: 1}) { totalCount } }",
    "{ projects(filter: 1) { totalCount } }",
    '{ projects(filter: {search: "a", search: "b"}) { totalCount } }',
    "{ projects(filter: {nothing: 1}) { totalCount } }",
    "{ projects(filter: {search: 1}) { totalCount } }",
    "{ projects(orderBy: {direction: ASC}) { totalCount } }",
    "{ projects(orderBy: {field: NOTHING}) { totalCount } }",
    '{ projects(orderBy: {field: "NAME"}) { totalCount } }',
    "{ projects(orderBy: NAME) { totalCount } }",
    # variables
    "query ($a: Nothing) { __typename @skip(if: $a) }",
    "query ($a: Project) { project(id: $a) { id } }",
    "query ($a: Project = 1) { project(id: $a) { id } }",
    "query ($a: ID!) { __typename }",
    "query ($a: ID!, $a: ID!) { project(id: $a) { id } }",
    "query ($a: ID! @skip(if: true)) { project(id: $a) { id } }",
    "{ project(id: $a) { id } }",
    "query ($a: ID) { project(id: $a) { id } }",
    "query ($a: ID = null) { project(id: $a) { id } }",
    "query ($a: String!) { project(id: $a) { id } }",
    "query ($a: [ID!]!) { project(id: $a) { id } }",
    "query ($a: Int = true) { projects(first: $a) { totalCount } }",
    "query ($a: Int! = null) { projects(first: $a) { totalCount } }",
    "query ($a: ProjectFilter = {nothing: 1}) { projects(filter: $a) { totalCount } }",
    'query ($a: ProjectFilter = {search: "a", search: "b"}) { projects(filter: $a) { totalCount } }',
    "query ($a: Int) { projects(filter: {search: $a}) { totalCount } }",
    "{ projects(filter: {search: $a}) { totalCount } }",
    "query ($a: ProjectOrderField) { projects(orderBy: {field: $a}) { totalCount } }",
    "query ($a: _Any) { _entities(representations: [$a]) { __typename } }",
    "query ($a: [_Any]!) { _entities(representations: $a) { __typename } }",
    "query ($a: _Any!) { _entities(representations: $a) { __typename } }",
    (
        "query A($a: ID!) { project(id: $a) { ...F } } query B { viewer { id } ...G } fragment F on Project { id }"
        " fragment G on Query { project(id: $a) { id } }"
    ),
    "query A($a: Boolean!) { ...F } query B { ...F } fragment F on Query { __typename @skip(if: $a) }",
    (
        "query A($a: Boolean!) { ...F } query B($a: Boolean!) { __typename } fragment F on Query { a: __typename"
        " @skip(if: $a) }"
    ),
    "query ($a: Boolean) { __typename @skip(if: $a) }",
    # directives
    "{ __typename @nothing }",
    "{ __typename @deprecated }",
    "{ __typename @skip }",
    "{ __typename @skip(if: 1) }",
    "{ __typename @skip(if: true, if: true) }",
    "{ __typename @skip(if: true, unless: true) }",
    "{ __typename @skip(if: true) @skip(if: true) }",
    "{ ... @nothing { __typename } }",
    "{ ...F @nothing } fragment F on Query { __typename }",
    # fragments
    "{ ...F }",
    "{ ... on Nothing { id } }",
    "{ ... on ID { id } }",
    "{ ... on ProjectFilter { id } }",
    "{ ... on Project { id } }",
    "{ ...F } fragment F on Nothing { id }",
    "{ ...F } fragment F on ID { id }",
    "{ ...F } fragment F on Project { id }",
    "{ ...F } fragment F on Query { ...F }",
    "{ ...F } fragment F on Query { ...G } fragment G on Query { ...F }",
    "{ viewer { ... on Node { id } } }",
    "{ _entities(representations: []) { ... on User { id } } }",
    # fields that meet
    PROJECT + "a: id a: name } }",
    PROJECT + "name name: number } }",
    PROJECT + "id id: name } }",
    PROJECT + "id ... { id: name } } }",
    PROJECT + "id ...F } } fragment F on Project { id: name }",
    PROJECT + "...F ...G } } fragment F on Project { a: id } fragment G on Project { a: name }",
    PROJECT + "tasks(first: 1) { totalCount } tasks(first: 2) { totalCount } } }",
    PROJECT + "tasks { totalCount } tasks(first: 2) { totalCount } } }",
    PROJECT + 'a: tasks(filter: {search: "x"}) { totalCount } a: tasks(filter: {search: "y"}) { totalCount } } }',
    PROJECT + "client { a: id } client { a: name } } }",
    PROJECT + "client { id } client { a: name } ... { client { a: id } } } }",
    PROJECT + "client { ...F } client { a: name } } } fragment F on Client { a: id }",
    PROJECT + "client { id } ...F } } fragment F on Project { client { id: name } }",
    "{ _entities(representations: []) { ... on Project { a: id } ... on Client { a: projects { totalCount } } } }",
    "{ _entities(representations: []) { ... on Project { status } ... on Task { status } } }",
    "{ _entities(representations: []) { ... on Project { a: number } ... on Task { a: dueDate } } }",
]
NESTED = "... { " * 102 + "%s" + " }" * 102
DEEP = f"{{ ...F }} fragment F on Query {{ {NESTED % '...G'} }} fragment G on Query {{ {NESTED % '__typename'} }}"
WRONG += [DEEP]
FINE = [
    "{ }",
    "mutation { __typename }",
    "query A { __typename } query B { __typename }",
    "query A { ...F } query B { ...F } fragment F on Query { __typename }",
    (
        "query A($a: Boolean!) { ...F } query B($a: Boolean = true) { ...F } fragment F on Query { a: __typename"
        " @skip(if: $a) }"
    ),
    '{ project(id: "x") { id } b: project(id: 7) { id } }',
    "{ projects(first: null, filter: null) { totalCount } }",
    '{ projects(filter: {search: "a"}, orderBy: {field: NAME}) { totalCount } }',
    "query ($a: Int! = 3) { projects(first: $a) { totalCount } }",
    "query ($a: ID = 3) { project(id: $a) { id } }",
    (
        'query ($a: ProjectFilter = {search: "a"}, $b: String) { projects(filter: $a) { totalCount }'
        " b: projects(filter: {search: $b}) { totalCount } }"
    ),
    "query ($a: _Any!) { _entities(representations: [$a]) { __typename } }",
    "query ($a: Direction = ASC) { projects(orderBy: {field: NAME, direction: $a}) { totalCount } }",
    "{ __typename @skip(if: false) @include(if: true) ... @skip(if: true) { a: __typename } }",
    '{ node(id: "x") { __typename id ... on Project { name } ... on Node { id } ...F } } fragment F on Task { name }',
    PROJECT + "id id ... { id } ...F ...F } } fragment F on Project { id ...G } fragment G on Project { id }",
    PROJECT + "client { id } client { name } ... { client { id a: name } } } }",
    PROJECT + "tasks(first: 1) { totalCount } tasks(first: 1) { nodes { id } } } }",
    "{ _entities(representations: []) { ... on Project { id } ... on Client { id } } }",
]
