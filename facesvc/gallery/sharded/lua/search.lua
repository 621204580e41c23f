-- Answers OK, how many samples were found, -1 where there is no such collection, and for each its user, the user's name, the search's own
-- distance and the vector. The index is a part of the server's memory: while it is being built after
-- a restart, the answer is INDEXING.
local refused = refuse_read()
if refused then return refused end
if not recognizer then return {'OK', -1} end
local about = redis.pcall('FT.INFO', args.index)
if about.err then return {'INDEXING'} end
for at = 1, #about - 1, 2 do
  if about[at] == 'indexing' and tostring(about[at + 1]) ~= '0' then return {'INDEXING'} end
end
local tag = redis.sha1hex(args.base .. gen)
local page = redis.call('FT.SEARCH', args.index,
                        '(@c:{' .. tag .. '})=>[KNN ' .. args.count .. ' @e $v AS d]',
                        'PARAMS', '2', 'v', args.vector, 'SORTBY', 'd',
                        'RETURN', '3', 'u', 'd', 'e', 'LIMIT', '0', args.count,
                        'DIALECT', '2', 'TIMEOUT', '0')
local answer, names = {'OK', (#page - 1) / 2}, {}
for at = 3, #page, 2 do
  local fields, found = page[at], {}
  for part = 1, #fields, 2 do found[fields[part]] = fields[part + 1] end
  local user = found['u']
  if names[user] == nil then
    names[user] = redis.call('HGET', args.base .. 'u:' .. gen .. ':' .. user, 'b') or ''
  end
  answer[#answer + 1] = user
  answer[#answer + 1] = names[user]
  answer[#answer + 1] = found['d']
  answer[#answer + 1] = found['e']
end
return answer
