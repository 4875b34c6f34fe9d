"""Before anything is measured: arming stage by stage, signs, shunts, the identity and parameters of the unit."""
