// What a bundler would make of a JupyterLab extension, by hand, so that nothing has to be built: a container as module
// federation has them (https://webpack.js.org/concepts/module-federation/), whose one module adds an entry to the launcher.
(() => {
  const NAME = "automatosx-nb";
  const COMMAND = "automatosx:open-plugins";
  const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path class="jp-icon-brand0" fill="#1976d2" d="M10 3.500a2 2 0 0 1 4 0V5h4a1 1 0 0 1 1 1v4h1.500a2 2 0 0 1 0 4H19v4a1 1 0 0 1-1 1h-4v-1.500a2 2 0 0 0-4 0V19H6a1 1 0 0 1-1-1v-4H3.500a2 2 0 0 1 0-4H5V6a1 1 0 0 1 1-1h4z"/></svg>`;
  let shared = {};

  // A package of JupyterLab's own; undefined where this application has none, as Notebook 7 has no launcher.
  async function provided(name) {
    const [version] = Object.values(shared[name] ?? {});
    return version && (await version.get())();
  }

  async function extension() {
    const { PageConfig, URLExt } = await provided("@jupyterlab/coreutils");
    const { LabIcon } = await provided("@jupyterlab/ui-components");
    const { ILauncher } = (await provided("@jupyterlab/launcher")) ?? {};
    const { ICommandPalette } = (await provided("@jupyterlab/apputils")) ?? {};
    return {
      id: `${NAME}:launcher`,
      description: "Opens the plugins' web page.",
      autoStart: true,
      optional: [ILauncher, ICommandPalette].filter(Boolean),
      activate(app, ...services) {
        app.commands.addCommand(COMMAND, {
          label: "Plugins",
          caption: "Find plugins for notebooks",
          icon: new LabIcon({ name: "automatosx:plugins", svgstr: ICON }),
          execute: () => void window.open(URLExt.join(PageConfig.getBaseUrl(), "automatosx/"), "_blank", "noopener"),
        });
        for (const service of services.filter(Boolean)) {
          if (service.addItem) service.addItem({ command: COMMAND, category: "Plugins" });
          else service.add({ command: COMMAND, category: "Other", rank: 100 });
        }
      },
    };
  }

  (window._JUPYTERLAB ??= {})[NAME] = {
    init: (scope) => void (shared = scope),
    get: async (module) => {
      if (module !== "./extension") throw new Error(`${NAME} has no module ${module}`);
      const plugin = await extension();
      return () => ({ __esModule: true, default: plugin });
    },
  };
})();
