-- What edits leave to the gallery: the order of the users, the count of samples, and no log.
local function refuse_first() return refuse_stray() end
local function record_edit() return nil end
local function note_new_user(collection, user)
  redis.call('ZADD', args.base .. 'order:' .. collection.gen, 0, user)
end
local function note_gone_user(collection, user)
  redis.call('ZREM', args.base .. 'order:' .. collection.gen, user)
end
local function note_samples(more) redis.call('HINCRBY', keys.meta, 'samples', more) end
