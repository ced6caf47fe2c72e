"""A seeded, deterministic world around the real engine, pollers and storage: crashes, faults and laws."""
