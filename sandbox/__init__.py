"""The world outside, simulated: shops, carriers, providers and buyers, with real PostgreSQL, Kafka and sockets."""
