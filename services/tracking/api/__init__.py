"""HTTP: `orders` takes facts in, `status` and `ops` answer shops and operators, `page` answers the buyer."""
