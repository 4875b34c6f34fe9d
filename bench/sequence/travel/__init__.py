"""From one operating point to the next: where the bench is, the way there in ranges wide enough, what plans set."""
