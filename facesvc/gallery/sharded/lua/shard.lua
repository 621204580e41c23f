-- A server that was emptied or exchanged has another layout, or none, and says so instead of answering
-- for faces that it does not have. For every script: the key shard and the argument layout.
local function refuse_stray()
  return redis.call('HGET', keys.shard, 'layout') ~= args.layout and {'SHARD', ''}
end
