"""What clients see: types, names, descriptions, errors, and the GraphQL wire."""
