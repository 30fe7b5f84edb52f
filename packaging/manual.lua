-- Made for a manual page: links between the pages of docs/ become the names of these pages, and the end says where they are.

function Link(link)
  if link.target:match('^%a[%w+.-]*:') then
    return nil
  end
  return link.content
end

function Pandoc(doc)
  local where = pandoc.utils.stringify(doc.meta.pages)
  doc.blocks:insert(pandoc.Para(pandoc.Str('Pages whose names end in .md are in ' .. where .. '.')))
  return doc
end
