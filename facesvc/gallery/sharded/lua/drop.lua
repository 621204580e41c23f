-- Removes this server's share of a collection in one step, and counts its samples.
local answer = refuse_stray() or replayed()
if answer then return answer end
local collection = read_collection()
if not exists(collection) then return {'ABSENT', ''} end
local samples = redis.call('HGET', keys.meta, 'samples') or '0'
delete_collection(collection)
return finish(collection, '-', 0, samples)
