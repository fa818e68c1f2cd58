"""One model trained and scored, on one fold or on several."""
