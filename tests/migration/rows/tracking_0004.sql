INSERT INTO erasures (shop, order_id, request, requested_at, told_at, tracking, notifier) VALUES
    ('demo', 'A-1', 1, '2026-03-20T10:00:00Z', '2026-03-20T10:00:00Z', '{"request": 1}', NULL),
    ('demo', 'A-2', 2, '2026-03-21T10:00:00Z', '2026-03-21T10:00:00Z', '{"request": 2}', '{"request": 2}');
