-- name: living_users
-- How many users there are: everybody, counted page by page of the narrowest index, less the few who were deleted. The
-- index of the living alone would have SQLite look at every row, as it trusts no partial index to hold only its own.
SELECT (SELECT count(*) FROM users)
    - (SELECT count(*) FROM users INDEXED BY users_deleted_email WHERE deleted_at IS NOT NULL) AS number;
