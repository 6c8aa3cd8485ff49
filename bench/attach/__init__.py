"""How does a report get to its ticket? Places (Jira, ServiceNow, a URL), and one careful way to send."""
