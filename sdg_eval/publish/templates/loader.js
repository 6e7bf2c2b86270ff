(function (page) {
  function address(name) {
    if (!/^([a-z]+\/)?[A-Za-z0-9-]+(\.(th|en))?\.js$/.test(name)) throw new TypeError(name);
    return page.dataset.root + "assets/" + name + "?" + page.dataset.version;
  }
  var policy = { createScriptURL: address };
  if (window.trustedTypes) policy = trustedTypes.createPolicy("sdg", policy);
  window.sdgLoad = function (name, done, failed) {
    var script = document.createElement("script");
    script.src = policy.createScriptURL(name);
    script.onload = done;
    script.onerror = failed;
    document.head.append(script);
  };
  try { var theme = localStorage.getItem("sdg-theme"); } catch (e) {}
  if (theme) page.dataset.theme = theme;
  page.classList.add("js");
  [["Regular", "400"], ["Bold", "700"]].forEach(function (face) {
    var font = new FontFace("Sarabun", "url(" + page.dataset.root + "assets/Sarabun-" + face[0] + ".woff2)", { weight: face[1] });
    document.fonts.add(font);
    font.load().catch(function () {});
  });
  sdgLoad("site.js");
})(document.documentElement);
