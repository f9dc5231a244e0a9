// Expands a feed as calendar programs do: prints start, end, title and place of each occurrence.
const fs = require('fs')
const path = require('path')

async function main () {
  const [file, first, end, modules] = process.argv.slice(2)
  const { default: ICAL } = await import(path.join(modules, 'ical.js', 'dist', 'ical.js'))
  const calendar = new ICAL.Component(ICAL.parse(fs.readFileSync(file, 'utf8')))
  for (const zone of calendar.getAllSubcomponents('vtimezone')) {
    ICAL.TimezoneService.register(zone)
  }
  const events = calendar.getAllSubcomponents('vevent').map(one => new ICAL.Event(one))
  const told = time => time.isDate
    ? time.toString()
    : time.toJSDate().toISOString().replace('.000Z', 'Z')
  const found = []
  const take = (event, start, finish) => {
    const status = event.component.getFirstPropertyValue('status')
    found.push([told(start), told(finish), event.summary, event.location || '', status])
  }
  for (const event of events.filter(one => !one.isRecurrenceException())) {
    if (!event.isRecurring()) {
      take(event, event.startDate, event.endDate)
      continue
    }
    events.filter(one => one.isRecurrenceException() && one.uid === event.uid)
      .forEach(one => event.relateException(one))
    const walk = event.iterator()
    for (let next = walk.next(); next; next = walk.next()) {
      const one = event.getOccurrenceDetails(next)
      take(one.item, one.startDate, one.endDate)
    }
  }
  // Instants of the window in Shanghai.
  const from = Date.parse(`${first}T00:00:00+08:00`)
  const to = Date.parse(`${end}T00:00:00+08:00`)
  const inside = ([start]) => {
    const at = Date.parse(start.includes('T') ? start : `${start}T00:00:00+08:00`)
    return at >= from && at < to
  }
  console.log(JSON.stringify(found.filter(inside).sort()))
}

main()
