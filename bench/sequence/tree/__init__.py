"""The tree of a plan: walked before it is run (forecast), run node by node, and what becomes of a node that fails."""
