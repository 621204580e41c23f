-- The rest is field, old and new value, and so on. Replaces each value that is still the old one.
local replaced = 0
for at = 1, #rest, 3 do
  if redis.call('HGET', keys.record, rest[at]) == rest[at + 1] then
    redis.call('HSET', keys.record, rest[at], rest[at + 2])
    replaced = replaced + 1
  end
end
return replaced
