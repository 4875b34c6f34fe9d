"""L4, what is decided: step kinds, arming, sign check, settling, measuring, the sequencer and its verdict."""
