"""What do the clouds say of the machines? Maintenance, hosts, lists of VMs, and the actions that move them."""
