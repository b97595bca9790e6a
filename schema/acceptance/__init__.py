"""The sure yes: one walk that proves an ordinary document valid, and leaves every other one to graphql-core."""
