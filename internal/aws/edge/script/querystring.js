// The module querystring of CloudFront Functions.
(function () {
  function escape(text) {
    return encodeURIComponent(text);
  }
  function unescape(text) {
    try {
      return decodeURIComponent(text);
    } catch (e) {
      return text; // a broken escape stays as it is
    }
  }
  function parse(text, separator, equals, options) {
    separator = separator || '&';
    equals = equals || '=';
    options = options || {};
    var decode = options.decodeURIComponent || unescape;
    var most = options.maxKeys === undefined ? 1000 : options.maxKeys; // 0: no limit
    var out = {};
    if (typeof text !== 'string' || text === '') return out;
    var parts = text.split(separator);
    if (most > 0) parts = parts.slice(0, most);
    parts.forEach(function (part) {
      if (part === '') return;
      var at = part.indexOf(equals);
      var name = decode((at < 0 ? part : part.slice(0, at)).replace(/\+/g, ' '));
      var value = at < 0 ? '' : decode(part.slice(at + equals.length).replace(/\+/g, ' '));
      if (!Object.prototype.hasOwnProperty.call(out, name)) out[name] = value;
      else if (Array.isArray(out[name])) out[name].push(value);
      else out[name] = [out[name], value];
    });
    return out;
  }
  function primitive(value) {
    return typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && isFinite(value)) ? String(value) : '';
  }
  function stringify(object, separator, equals, options) {
    separator = separator || '&';
    equals = equals || '=';
    var encode = (options && options.encodeURIComponent) || escape;
    if (object === null || typeof object !== 'object') return '';
    return Object.keys(object).map(function (name) {
      var values = Array.isArray(object[name]) ? object[name] : [object[name]];
      return values.map(function (value) { return encode(name) + equals + encode(primitive(value)); }).join(separator);
    }).filter(function (part) { return part !== ''; }).join(separator);
  }
  return { parse: parse, stringify: stringify, decode: parse, encode: stringify, escape: escape, unescape: unescape };
})();
