export {};
//# sourceMappingURL=model-artefact.js.map
