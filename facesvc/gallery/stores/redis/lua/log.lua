-- Every write has an entry in the collection's log, which replicas follow. The entry comes first:
-- should the log refuse, nothing has been written. It refuses an id that is not above its last one,
-- which happens only after meta was lost without it; then it starts anew and every follower loads
-- afresh, because the links do not chain. Any other error is the answer.
local function append_entry(collection, fields)
  local id = collection.version .. '-0'
  local made = redis.pcall('XADD', keys.log, 'MAXLEN', '~', args.log_length, id, unpack(fields))
  if type(made) == 'table' and made.err then
    if not string.find(made.err, 'equal or smaller') then return made end
    redis.call('DEL', keys.log)
    redis.call('XADD', keys.log, id, unpack(fields))
  end
end

local function append(collection, ...)
  return append_entry(collection, {'k', collection.link, 'p', collection.last,
                                   'g', collection.gen, ...})
end

-- An edit names the users whom it touches, u and perhaps w. Releases that know no edits would take
-- it for a deletion: its p chains to nothing, so that they load afresh, and q is what p else is.
local function record_edit(collection, user, other)
  return append_entry(collection, {'k', collection.link, 'p', 'edit', 'q', collection.last,
                                   'g', collection.gen, 'o', 'edit', 'u', user, 'w', other or ''})
end
