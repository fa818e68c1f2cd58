"""Train and score one model, on one fold or on several."""
