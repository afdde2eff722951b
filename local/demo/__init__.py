"""`make demo`: the main job, live, on the embedded AWS."""
