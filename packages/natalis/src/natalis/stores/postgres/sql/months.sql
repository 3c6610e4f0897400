-- name: make_month
-- Make the month of deliveries and attempts that begins on a day, unless it is there.
SELECT make_month(:month) AS made;
