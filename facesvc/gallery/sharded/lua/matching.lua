-- Looks at the next users in order after a user, '' for the first. Answers OK, whether the
-- collection is known, the last user that was looked at, '' at the end, and those who are chosen.
local refused = refuse_read()
if refused then return refused end
if not recognizer then return {'OK', 0, ''} end
local from = args.after == '' and '-' or '(' .. args.after
local page = redis.call('ZRANGEBYLEX', args.base .. 'order:' .. gen, from, '+',
                        'LIMIT', '0', args.count)
local last = #page == tonumber(args.count) and page[#page] or ''
local answer = {'OK', 1, last}
for _, user in ipairs(page) do
  local metadata = redis.call('HGET', args.base .. 'u:' .. gen .. ':' .. user, 'j')
  if is_chosen(metadata) then answer[#answer + 1] = user end
end
return answer
