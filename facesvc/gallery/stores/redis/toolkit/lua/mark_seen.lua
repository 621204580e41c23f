-- The rest is user and time of each. A mark never goes back; a user that does not exist gets none.
local gen = redis.call('HGET', keys.meta, 'gen') or '0'
for at = 1, #rest, 2 do
  local record = args.base .. 'u:' .. gen .. ':' .. rest[at]
  local held = redis.call('HMGET', record, 'v', 'z')
  if held[1] and tonumber(held[2] or '0') < tonumber(rest[at + 1]) then
    redis.call('HSET', record, 'z', rest[at + 1])
  end
end
