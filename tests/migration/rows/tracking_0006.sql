-- A shop some of whose orders have been forgotten.

INSERT INTO forgotten (shop, placed_until, raised_at) VALUES
('demo', '2025-01-31 18:20:00+00', '2026-03-10 04:00:00+00');
