-- A server that was emptied or exchanged has another layout, or none, and says so instead of answering
-- for faces that it does not have. For every script: the key shard and the argument layout.
local function refuse_stray()
  return redis.call('HGET', keys.shard, 'layout') ~= args.layout and {'SHARD', ''}
end

-- Whose samples are on their way to another server; see transfers.py. Field x of a user has the
-- transfer's id; while it is there nobody else writes to that user.
local function refuse_held(user)
  local transfer = redis.call('HGET', user.record, 'x')
  return transfer and {'HELD', transfer}
end
