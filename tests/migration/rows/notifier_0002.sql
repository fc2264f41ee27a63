INSERT INTO erasures (shop, order_id, erased) VALUES ('demo', 'A-1', '{"request": 1}');
