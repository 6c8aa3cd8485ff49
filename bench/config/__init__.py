"""Text in, frozen types out: inventories, campaigns, suites, workspaces; errors name file, line, key and remedy."""
