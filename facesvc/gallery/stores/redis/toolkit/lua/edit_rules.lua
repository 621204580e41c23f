-- The rules of edits inside a server; edit_rules.py has them for stores of one process. A gallery's
-- edit_hooks.lua comes before it. Embeddings in the rest are those of samples that move, packed for
-- their new user; '' leaves them as they are.
local function begin_edit(...)
  local answer = refuse_first() or replayed()
  if answer then return answer end
  local collection, users = read_collection(), {}
  answer = refuse_foreign(collection)
  if answer then return answer end
  for at, user in ipairs({...}) do
    users[at] = read_user(collection, user)
    answer = answer or refuse_held(users[at])
  end
  return answer, collection, unpack(users)
end

local function refuse_absent(user) return not user.exists and {'ABSENT', user.id} end

local function refuse_changed(user, expected)
  return expected ~= '' and expected ~= user.version and {'CONFLICT', user.version .. ' ' .. user.id}
end

local function refuse_overfull(count)
  return count > tonumber(args.most_samples) and {'OVERFULL', tostring(count)}
end

-- The other samples of a user, or what refuses to take one away.
local function without(user, sample)
  local left = {}
  for _, id in ipairs(user.samples) do
    if id ~= sample then left[#left + 1] = id end
  end
  if #left == #user.samples then return {'NO_SAMPLE', sample} end
  if #left == 0 then return {'LAST', ''} end
  return nil, left
end

local function key_of(collection, sample) return args.base .. 's:' .. collection.gen .. ':' .. sample end

local function write_user(collection, user, samples, ...)
  redis.call('HSET', user.record, 'i', table.concat(samples, ' '), 't', user.created or collection.now,
             'w', collection.now, 'v', collection.version, ...)
end

local function give_sample(collection, sample, user, embedding)
  redis.call('HSET', key_of(collection, sample), 'u', user.id, 'v', collection.version)
  if embedding and embedding ~= '' then
    redis.call('HSET', key_of(collection, sample), 'e', embedding)
  end
end
