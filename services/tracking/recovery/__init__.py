"""When the database is lost: the same rows once more, from what Kafka still holds."""
