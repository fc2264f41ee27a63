-- What notifier held at revision 0009: how much was told by phone on one day.

INSERT INTO phone_counts (shop, day, bucket, taken) VALUES
('demo', '2026-11-22', 'prefix +34600000', 3),
('demo', '2026-11-22', 'shop', 3);
