"""The page on which people try queries: GraphiQL where it could be fetched, a plain page where not."""
