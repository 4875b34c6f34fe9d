"""The fault campaign: every fault of the catalogue in every state of the bench, judged by who looks at the plant."""
