-- Removes a collection in one step, however large it is. Answers as the other writes do.
local earlier = replayed()
if earlier then return earlier end
local collection = read_collection()
if not exists(collection) then return {'ABSENT', ''} end
local refused = append(collection, 'o', 'drop')
if refused then return refused end
delete_collection(collection)
return finish(collection, '-', 0, 0)
